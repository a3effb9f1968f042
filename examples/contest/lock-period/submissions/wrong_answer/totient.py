a, m = map(int, input().split())
totient, rest, candidate = m, m, 2
while candidate * candidate <= rest:
    if rest % candidate == 0:
        totient = totient // candidate * (candidate - 1)
        while rest % candidate == 0:
            rest //= candidate
    candidate += 1
if rest > 1:
    totient = totient // rest * (rest - 1)
print(totient)

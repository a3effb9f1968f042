MODULUS = 10**9 + 7


def main():
    n, _ = map(int, input().split())
    loose = set(map(int, input().split()))
    ways = [1]
    for step in range(1, n + 1):
        ways.append(0 if step in loose else sum(ways[-3:]) % MODULUS)
    print(ways[n])


main()

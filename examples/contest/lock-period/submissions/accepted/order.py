def prime_divisors(number):
    primes, candidate = [], 2
    while candidate * candidate <= number:
        if number % candidate == 0:
            primes.append(candidate)
            while number % candidate == 0:
                number //= candidate
        candidate += 1 if candidate == 2 else 2
    return primes + [number] if number > 1 else primes


def main():
    a, m = map(int, input().split())
    order = m
    for prime in prime_divisors(m):
        order = order // prime * (prime - 1)
    for prime in prime_divisors(order):
        while order % prime == 0 and pow(a, order // prime, m) == 1 % m:
            order //= prime
    print(order)


main()

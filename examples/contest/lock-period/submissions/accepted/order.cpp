#include <iostream>
#include <vector>

using Number = unsigned long long;

std::vector<Number> prime_divisors(Number number) {
    std::vector<Number> primes;
    for (Number candidate = 2; candidate * candidate <= number; ++candidate) {
        if (number % candidate) continue;
        primes.push_back(candidate);
        while (number % candidate == 0) number /= candidate;
    }
    if (number > 1) primes.push_back(number);
    return primes;
}

Number power(Number base, Number exponent, Number modulus) {
    Number result = 1 % modulus;
    for (base %= modulus; exponent > 0; exponent /= 2) {
        if (exponent % 2) result = static_cast<Number>(static_cast<unsigned __int128>(result) * base % modulus);
        base = static_cast<Number>(static_cast<unsigned __int128>(base) * base % modulus);
    }
    return result;
}

int main() {
    Number a, m;
    std::cin >> a >> m;
    Number order = m;
    for (const Number prime : prime_divisors(m)) order = order / prime * (prime - 1);
    for (const Number prime : prime_divisors(order))
        while (order % prime == 0 && power(a, order / prime, m) == 1 % m) order /= prime;
    std::cout << order << '\n';
}

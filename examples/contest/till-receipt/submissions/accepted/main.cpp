#include <iostream>

int main() {
    int n;
    std::cin >> n;
    long long sum = 0;
    for (long long price; n > 0 && std::cin >> price; --n) sum += price;
    std::cout << sum << '\n';
}

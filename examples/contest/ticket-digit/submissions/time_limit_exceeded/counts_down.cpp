#include <iostream>

int main() {
    unsigned long long n;
    std::cin >> n;
    volatile unsigned long long rest = n;
    while (rest >= 10) rest = rest - 10;
    std::cout << rest << '\n';
}

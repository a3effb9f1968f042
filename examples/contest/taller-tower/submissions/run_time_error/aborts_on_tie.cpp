#include <cstdlib>
#include <iostream>

int main() {
    int a, b;
    std::cin >> a >> b;
    if (a == b) std::abort();
    std::cout << (a > b ? a : b) << '\n';
}

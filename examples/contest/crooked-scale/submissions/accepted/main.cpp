#include <iostream>

int main() {
    int w, b;
    std::cin >> w >> b;
    std::cout << w - b << '\n';
}

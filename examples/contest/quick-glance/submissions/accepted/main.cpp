#include <iostream>

int main() {
    int n, lowest, price;
    std::cin >> n >> lowest;
    while (std::cin >> price)
        if (price < lowest) lowest = price;
    std::cout << lowest << '\n';
}

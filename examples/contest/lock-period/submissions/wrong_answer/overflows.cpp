#include <iostream>

int main() {
    unsigned long long a, m;
    std::cin >> a >> m;
    unsigned position = static_cast<unsigned>(a % m), turns = 1;
    while (position != 1 % m && turns < 1000000) {
        position = static_cast<unsigned>(a * position % m);
        ++turns;
    }
    std::cout << turns << '\n';
}

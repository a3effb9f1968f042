#include <iostream>

int main() {
    int n;
    std::cin >> n;
    long long sum = 0;
    double depth;
    for (int i = 0; i < n; ++i) {
        std::cin >> depth;
        sum += static_cast<long long>(depth);
    }
    std::cout << sum / n << '\n';
}

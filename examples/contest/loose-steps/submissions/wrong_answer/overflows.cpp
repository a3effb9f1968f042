#include <iostream>
#include <vector>

int main() {
    int n, k;
    std::cin >> n >> k;
    std::vector<bool> loose(n + 1);
    for (int step; k > 0 && std::cin >> step; --k) loose[step] = true;
    std::vector<unsigned> ways(n + 1);
    ways[0] = 1;
    for (int step = 1; step <= n; ++step) {
        if (loose[step]) continue;
        for (int stride = 1; stride <= 3 && stride <= step; ++stride) ways[step] += ways[step - stride];
    }
    std::cout << ways[n] % 1000000007u << '\n';
}

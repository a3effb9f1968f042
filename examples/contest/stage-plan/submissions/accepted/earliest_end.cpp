#include <algorithm>
#include <iostream>
#include <utility>
#include <vector>

int main() {
    int n;
    std::cin >> n;
    std::vector<std::pair<int, int>> slots(n);
    for (auto &[end, start] : slots) std::cin >> start >> end;
    std::sort(slots.begin(), slots.end());
    int free_from = 0, played = 0;
    for (const auto &[end, start] : slots) {
        if (start < free_from) continue;
        ++played;
        free_from = end;
    }
    std::cout << played << '\n';
}

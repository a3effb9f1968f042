#include <array>
#include <functional>
#include <iostream>
#include <limits>
#include <queue>
#include <tuple>
#include <utility>
#include <vector>

int main() {
    int n, m;
    std::cin >> n >> m;
    std::vector<std::vector<std::pair<int, long long>>> roads(100);
    for (int a, b, fare; m > 0 && std::cin >> a >> b >> fare; --m) {
        roads.at(a).push_back({b, fare});
        roads.at(b).push_back({a, fare});
    }
    using Entry = std::tuple<long long, int, int>;
    std::vector<std::array<bool, 2>> settled(100);
    std::priority_queue<Entry, std::vector<Entry>, std::greater<Entry>> queue;
    queue.push({0, 1, 0});
    while (!queue.empty()) {
        const auto [cost, village, used] = queue.top();
        queue.pop();
        if (village == n) {
            std::cout << cost << '\n';
            return 0;
        }
        if (std::exchange(settled.at(village)[used], true)) continue;
        for (const auto &[neighbour, fare] : roads.at(village)) {
            queue.push({cost + fare, neighbour, used});
            if (!used) queue.push({cost + fare / 2, neighbour, 1});
        }
    }
}

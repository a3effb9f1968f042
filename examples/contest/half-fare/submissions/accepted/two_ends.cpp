#include <algorithm>
#include <functional>
#include <iostream>
#include <limits>
#include <queue>
#include <utility>
#include <vector>

using Roads = std::vector<std::vector<std::pair<int, long long>>>;

std::vector<long long> costs_from(int source, const Roads &roads) {
    std::vector<long long> costs(roads.size(), std::numeric_limits<long long>::max() / 4);
    using Entry = std::pair<long long, int>;
    std::priority_queue<Entry, std::vector<Entry>, std::greater<Entry>> queue;
    queue.push({costs[source] = 0, source});
    while (!queue.empty()) {
        const auto [cost, village] = queue.top();
        queue.pop();
        if (cost > costs[village]) continue;
        for (const auto &[neighbour, fare] : roads[village])
            if (cost + fare < costs[neighbour]) queue.push({costs[neighbour] = cost + fare, neighbour});
    }
    return costs;
}

int main() {
    int n, m;
    std::cin >> n >> m;
    Roads roads(n + 1);
    for (int a, b, fare; m > 0 && std::cin >> a >> b >> fare; --m) {
        roads[a].push_back({b, fare});
        roads[b].push_back({a, fare});
    }
    const auto there = costs_from(1, roads), back = costs_from(n, roads);
    long long best = there[n];
    for (int village = 1; village <= n; ++village)
        for (const auto &[neighbour, fare] : roads[village])
            best = std::min(best, there[village] + fare / 2 + back[neighbour]);
    std::cout << best << '\n';
}

#include <functional>
#include <iostream>
#include <queue>
#include <vector>

int main() {
    int n, m;
    std::cin >> n >> m;
    std::vector<std::vector<int>> after(n + 1);
    std::vector<int> waits_for(n + 1);
    for (int a, b; m > 0 && std::cin >> a >> b; --m) {
        after[a].push_back(b);
        ++waits_for[b];
    }
    std::priority_queue<int, std::vector<int>, std::greater<int>> ready;
    for (int lecture = 1; lecture <= n; ++lecture)
        if (waits_for[lecture] == 0) ready.push(lecture);
    std::vector<int> order;
    while (!ready.empty()) {
        const int lecture = ready.top();
        ready.pop();
        order.push_back(lecture);
        for (const int follower : after[lecture])
            if (--waits_for[follower] == 0) ready.push(follower);
    }
    if (static_cast<int>(order.size()) < n) {
        std::cout << "impossible\n";
        return 0;
    }
    for (int i = 0; i < n; ++i) std::cout << order[i] << (i + 1 < n ? ' ' : '\n');
}

#include <algorithm>
#include <iostream>
#include <string>
#include <vector>

int main() {
    std::ios::sync_with_stdio(false);
    std::cin.tie(nullptr);
    int n, q;
    std::cin >> n >> q;
    std::vector<int> tree(2 * n);
    for (int i = 0; i < n; ++i) std::cin >> tree[n + i];
    for (int node = n - 1; node > 0; --node) tree[node] = std::max(tree[2 * node], tree[2 * node + 1]);
    std::string kind;
    for (int first, second; q > 0 && std::cin >> kind >> first >> second; --q) {
        if (kind == "set") {
            int node = n + first - 1;
            tree[node] = second;
            for (node /= 2; node > 0; node /= 2) tree[node] = std::max(tree[2 * node], tree[2 * node + 1]);
            continue;
        }
        int best = 0;
        for (int left = n + first - 1, right = n + second; left < right; left /= 2, right /= 2) {
            if (left % 2) best = std::max(best, tree[left++]);
            if (right % 2) best = std::max(best, tree[--right]);
        }
        std::cout << best << '\n';
    }
}

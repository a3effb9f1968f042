#include <cstdio>

int main() {
    int n;
    if (std::scanf("%d", &n) != 1) return 1;
    double sum = 0, depth;
    for (int i = 0; i < n && std::scanf("%lf", &depth) == 1; ++i) sum += depth;
    std::printf("%.9f\n", sum / n);
}

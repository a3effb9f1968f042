#include <iostream>
#include <queue>
#include <string>
#include <vector>

int main() {
    int height, width;
    std::cin >> height >> width;
    std::vector<std::string> rows(height);
    for (auto &row : rows) std::cin >> row;
    std::vector<int> steps(height * width, -1);
    std::queue<int> queue;
    int goal = -1;
    for (int cell = 0; cell < height * width; ++cell) {
        const char mark = rows[cell / width][cell % width];
        if (mark == 'E') goal = cell;
        if (mark == 'S') {
            steps[cell] = 0;
            queue.push(cell);
        }
    }
    const int dy[] = {1, -1, 0, 0}, dx[] = {0, 0, 1, -1};
    while (!queue.empty()) {
        const int cell = queue.front();
        queue.pop();
        for (int way = 0; way < 4; ++way) {
            const int y = cell / width + dy[way], x = cell % width + dx[way];
            if (y < 0 || y >= height || x < 0 || x >= width) continue;
            if (rows[y][x] == '#' || steps[y * width + x] >= 0) continue;
            steps[y * width + x] = steps[cell] + 1;
            queue.push(y * width + x);
        }
    }
    std::cout << steps[goal] << '\n';
}

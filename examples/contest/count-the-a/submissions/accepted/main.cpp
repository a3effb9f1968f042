#include <algorithm>
#include <iostream>
#include <string>

int main() {
    std::string word;
    std::cin >> word;
    std::cout << std::count(word.begin(), word.end(), 'a') << '\n';
}

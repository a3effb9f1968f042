#include <cctype>
#include <iostream>
#include <string>

int main() {
    std::string word;
    std::cin >> word;
    for (char &letter : word) letter = static_cast<char>(std::toupper(static_cast<unsigned char>(letter)));
    std::cout << word << '\n';
}

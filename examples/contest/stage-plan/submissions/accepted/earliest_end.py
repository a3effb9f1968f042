import sys


def main():
    numbers = list(map(int, sys.stdin.read().split()))
    slots = sorted(zip(numbers[2::2], numbers[1::2]))
    free_from = played = 0
    for end, start in slots:
        if start >= free_from:
            played += 1
            free_from = end
    print(played)


main()

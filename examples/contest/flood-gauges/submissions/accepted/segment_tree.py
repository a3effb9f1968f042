import sys


def main():
    words = sys.stdin.read().split()
    count = int(words[0])
    tree = [0] * count + [int(word) for word in words[2 : 2 + count]]
    for node in range(count - 1, 0, -1):
        tree[node] = max(tree[2 * node], tree[2 * node + 1])
    messages = words[2 + count :]
    for kind, first, second in zip(messages[::3], messages[1::3], messages[2::3]):
        if kind == "set":
            node = int(first) - 1 + count
            tree[node] = int(second)
            while node > 1:
                node //= 2
                tree[node] = max(tree[2 * node], tree[2 * node + 1])
        else:
            print(highest(tree, int(first) - 1 + count, int(second) + count))


def highest(tree, left, right):
    best = 0
    while left < right:
        if left % 2:
            best = max(best, tree[left])
            left += 1
        if right % 2:
            right -= 1
            best = max(best, tree[right])
        left //= 2
        right //= 2
    return best


main()

import sys


def main():
    numbers = list(map(int, sys.stdin.read().split()))
    count = numbers[0]
    after = [[] for _ in range(count + 1)]
    waits_for = [0] * (count + 1)
    for first, second in zip(numbers[2::2], numbers[3::2]):
        after[first].append(second)
        waits_for[second] += 1
    ready = [lecture for lecture in range(1, count + 1) if waits_for[lecture] == 0]
    order = []
    while ready:
        lecture = ready.pop()
        order.append(lecture)
        for follower in after[lecture]:
            waits_for[follower] -= 1
            if waits_for[follower] == 0:
                ready.append(follower)
    print(*order if len(order) == count else ["impossible"])


main()

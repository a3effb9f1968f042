import sys

words = sys.stdin.read().split()
count = int(words[0])
levels = [int(word) for word in words[2 : 2 + count]]
messages = words[2 + count :]
for kind, first, second in zip(messages[::3], messages[1::3], messages[2::3]):
    if kind == "set":
        levels[int(first) - 1] = int(second)
    else:
        print(max(levels[int(first) - 1 : int(second) - 1], default=0))

import sys

words = sys.stdin.read().split()
count = int(words[0])
levels = [int(word) for word in words[2 : 2 + count]]
messages = words[2 + count :]
for kind, first, second in zip(messages[::3], messages[1::3], messages[2::3]):
    if kind == "set":
        levels[int(first) - 1] = int(second)
        continue
    waiting = levels[int(first) - 1 : int(second)]
    while len(waiting) > 1:
        waiting = [level for level in waiting if level > waiting[0]] or waiting[:1]
    print(waiting[0])

#include "jail.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void die(const char *what)
{
    printf("error %s\n", what);
    exit(1);
}

static int64_t number(const char *text)
{
    char *end;
    long long value = strtoll(text, &end, 10);
    if (*text == '\0' || *end != '\0')
        die("an argument that must be a number is none");
    return value;
}

/* "from:to" into the list; the text stays where it is, cut at the colon. */
static void add_pair(struct list *list, char *text)
{
    char *colon = strchr(text, ':');
    if (colon == NULL || list->count == MAX_ITEMS)
        die("too many items of one kind, or an item without a colon");
    *colon = '\0';
    list->items[list->count++] = (struct pair){text, colon + 1};
}

static void add_environment(struct options *options, char *text)
{
    int count = 0;
    while (options->environment[count] != NULL)
        count++;
    if (count == MAX_ITEMS)
        die("too many environment variables");
    options->environment[count] = text;
}

/* "sink:budget" */
static void set_channel(struct channel *channel, char *text)
{
    char *colon = strchr(text, ':');
    if (colon == NULL)
        die("a channel is descriptor:bytes");
    *colon = '\0';
    channel->sink = (int)number(text);
    channel->budget = number(colon + 1);
}

/* "descriptor:side" */
static void set_dialogue(struct options *options, char *text)
{
    char *colon = strchr(text, ':');
    if (colon == NULL)
        die("a dialogue is descriptor:side");
    *colon = '\0';
    options->dialogue = (int)number(text);
    options->side = number(colon + 1) != 0;
}

static void set_option(struct options *options, const char *key, char *value)
{
    struct { const char *key; int64_t *target; } numbers[] = {
        {"cpu_ms", &options->cpu_ms},       {"idle_ms", &options->idle_ms},   {"wall_ms", &options->wall_ms},
        {"memory", &options->memory},       {"stack", &options->stack},       {"processes", &options->processes},
        {"box_bytes", &options->box_bytes}, {"file_bytes", &options->file_bytes},
    };
    struct { const char *key; struct list *target; } lists[] = {
        {"bind", &options->binds}, {"device", &options->devices}, {"link", &options->links},
        {"file", &options->files}, {"cgroup", &options->cgroups},
    };
    const char *channels[CHANNELS] = {"stdout", "stderr", "result"};
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        if (strcmp(key, numbers[i].key) == 0) {
            *numbers[i].target = number(value);
            return;
        }
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++)
        if (strcmp(key, lists[i].key) == 0) {
            add_pair(lists[i].target, value);
            return;
        }
    for (int i = 0; i < CHANNELS; i++)
        if (strcmp(key, channels[i]) == 0) {
            set_channel(&options->channels[i], value);
            return;
        }
    if (strcmp(key, "env") == 0)
        add_environment(options, value);
    else if (strcmp(key, "namespaces") == 0)
        options->namespaces = number(value) != 0;
    else if (strcmp(key, "landlock") == 0)
        options->landlock = number(value) != 0;
    else if (strcmp(key, "privileged") == 0)
        options->privileged = number(value) != 0;
    else if (strcmp(key, "host_id") == 0)
        options->host_id = (unsigned)number(value);
    else if (strcmp(key, "keeper_id") == 0)
        options->keeper_id = (unsigned)number(value);
    else if (strcmp(key, "program") == 0)
        options->program = value;
    else if (strcmp(key, "input") == 0)
        options->input = (int)number(value);
    else if (strcmp(key, "output") == 0)
        options->output = (int)number(value);
    else if (strcmp(key, "dialogue") == 0)
        set_dialogue(options, value);
    else if (strcmp(key, "box") == 0)
        options->box = value;
    else
        die("unknown argument");
}

void parse_options(int argc, char **argv, struct options *options)
{
    memset(options, 0, sizeof *options);
    options->input = options->output = options->dialogue = -1;
    for (int i = 0; i < CHANNELS; i++)
        options->channels[i] = (struct channel){.sink = -1, .reader = -1, .writer = -1, .fatal = i != 1};
    int i = 1;
    for (; i < argc && strcmp(argv[i], "--") != 0; i++) {
        char *equals = strchr(argv[i], '=');
        if (equals == NULL)
            die("an argument is not key=value");
        *equals = '\0';
        set_option(options, argv[i], equals + 1);
    }
    if (i + 1 >= argc || options->box == NULL)
        die("program or box is missing");
    options->argv = argv + i + 1;
}

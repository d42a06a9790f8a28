/* The plainest JACK client there is, to compare with: notes when a message arrived, and passes on what comes to
 * `direct`, in the same cycle.
 *
 *   bare NAME RECORDS [FROM TO]...
 *
 * Says "ready RATE PERIOD" once it is connected, and leaves when its standard input ends. RECORDS gets 16 bytes for
 * each message: when (double, seconds, monotonic), at which input (0 direct, 1 echoed, 2 bare), how long, 6 bytes.
 *
 * JACK's own headers are often missing where its library is there, so what is used of them is declared here.
 */
#include <poll.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

typedef struct client client;
typedef struct port port;
typedef struct { uint32_t time; size_t size; uint8_t *buffer; } event;
typedef struct { double when; uint8_t input, size, bytes[6]; } record;

extern client *jack_client_open(const char *, int, int *, ...);
extern port *jack_port_register(client *, const char *, const char *, unsigned long, unsigned long);
extern const char *jack_port_name(const port *);
extern void *jack_port_get_buffer(port *, uint32_t);
extern uint32_t jack_get_sample_rate(client *), jack_get_buffer_size(client *), jack_midi_get_event_count(void *);
extern int jack_set_process_callback(client *, int (*)(uint32_t, void *), void *), jack_activate(client *),
    jack_connect(client *, const char *, const char *), jack_client_close(client *),
    jack_midi_event_get(event *, void *, uint32_t), jack_midi_event_write(void *, uint32_t, const uint8_t *, size_t);
extern void jack_midi_clear_buffer(void *);

enum { ROOM = 1 << 14, INPUT = 1, OUTPUT = 2, NO_START = 1 };
static const char *NAMES[] = {"direct", "echoed", "bare"};
static port *inputs[3], *output;
static record ring[ROOM];
static atomic_uint written, taken;

static double now(void) {
#ifdef __APPLE__
    return clock_gettime_nsec_np(CLOCK_UPTIME_RAW) / 1e9;
#else
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec + t.tv_nsec / 1e9;
#endif
}

static void note(int input, const event *heard) {
    unsigned at = atomic_load(&written);
    if (at - atomic_load(&taken) >= ROOM) return;
    record *r = &ring[at % ROOM];
    r->when = now(), r->input = (uint8_t)input, r->size = heard->size < 6 ? (uint8_t)heard->size : 6;
    memcpy(r->bytes, heard->buffer, r->size);
    atomic_store(&written, at + 1);
}

static int process(uint32_t frames, void *unused) {
    (void)unused;
    void *out = jack_port_get_buffer(output, frames);
    jack_midi_clear_buffer(out);
    for (int input = 0; input < 3; input++) {
        void *in = jack_port_get_buffer(inputs[input], frames);
        event heard;
        for (uint32_t n = 0; n < jack_midi_get_event_count(in); n++) {
            if (jack_midi_event_get(&heard, in, n)) continue;
            note(input, &heard);
            if (input == 0) jack_midi_event_write(out, heard.time, heard.buffer, heard.size);
        }
    }
    return 0;
}

int main(int count, char **words) {
    int status;
    FILE *records = count > 2 ? fopen(words[2], "wb") : NULL;
    client *self = records ? jack_client_open(words[1], NO_START, &status) : NULL;
    if (!self) return 1;
    for (int n = 0; n < 3; n++) inputs[n] = jack_port_register(self, NAMES[n], "8 bit raw midi", INPUT, 0);
    output = jack_port_register(self, "thru", "8 bit raw midi", OUTPUT, 0);
    jack_set_process_callback(self, process, NULL);
    if (jack_activate(self)) return 1;
    for (int n = 3; n + 1 < count; n += 2)
        if (jack_connect(self, words[n], words[n + 1])) return 1;
    printf("ready %u %u\n", jack_get_sample_rate(self), jack_get_buffer_size(self));
    fflush(stdout);
    struct pollfd told = {0, POLLIN, 0};
    char ignored;
    while (poll(&told, 1, 50) == 0 || read(0, &ignored, 1) > 0) {
        for (unsigned at = atomic_load(&taken); at != atomic_load(&written); atomic_store(&taken, ++at))
            fwrite(&ring[at % ROOM], sizeof(record), 1, records);
        fflush(records);
    }
    return jack_client_close(self);
}

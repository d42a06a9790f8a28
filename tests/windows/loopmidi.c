/* A winmm.dll with MIDI ports that end on this machine, for Windows' own programs under Wine, which has none without a
 * sound card: what loopMIDI is on Windows. Built by tests/windows/wine.py, put beside python.exe.
 *
 * LOOPMIDI_PORTS is a file with a line for each port: NAME BASE. Every port is an input and an output of that name. A
 * message is a datagram on 127.0.0.1: whoever listens to a port takes the first free one of its SEATS places, from BASE on,
 * and what is played to a port goes to all of them; so a program outside of Wine can play and listen, too. The file
 * is read again at each look, and 20 times a second: a line that goes is a cable that is pulled.
 *
 * All functions are those of https://learn.microsoft.com/windows/win32/api/mmeapi/, as far as RtMidi calls them.
 */
#define WIN32_LEAN_AND_MEAN
#include <winsock2.h>
#include <windows.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#undef API
#define API __declspec(dllexport)
enum { SEATS = 4, LOOKS_MS = 50, PORTS = 16, LONGEST = 65000, BURST = 8 << 20 };
enum { NO_ERROR_HERE = 0, BAD_DEVICE = 2, NOT_ALLOCATED = 4, NO_DRIVER = 6, NO_MEMORY = 7 };
enum { DONE = 1, PREPARED = 2, IN_QUEUE = 4, OPENED = 0x3C1, CLOSED, DATA, LONG_DATA, OUT_OPENED = 0x3C7, OUT_CLOSED };

typedef struct Header { /* MIDIHDR */
    char *data;
    DWORD length, recorded;
    DWORD_PTR user;
    DWORD flags;
    struct Header *next;
    DWORD_PTR reserved;
    DWORD offset;
    DWORD_PTR more[8];
} Header;

typedef struct { /* MIDIINCAPSA */
    WORD maker, product;
    UINT version;
    char name[32];
    DWORD support;
} InCaps;

typedef struct { /* MIDIOUTCAPSA */
    WORD maker, product;
    UINT version;
    char name[32];
    WORD technology, voices, notes, channels;
    DWORD support;
} OutCaps;

typedef void(CALLBACK *Callback)(void *, UINT, DWORD_PTR, DWORD_PTR, DWORD_PTR);

typedef struct {
    SOCKET socket;
    char name[32];
    u_short base;
    Callback call;
    DWORD_PTR user;
    HANDLE thread;
    DWORD looked;
    int there;
    volatile LONG started, over;
    DWORD began;
    Header *first;
    CRITICAL_SECTION lock;
} Port;

typedef struct { char name[32]; int base; } Line;

static int list(Line *lines) {
    char path[MAX_PATH];
    int count = 0;
    FILE *file;
    if (!GetEnvironmentVariableA("LOOPMIDI_PORTS", path, sizeof path) || !(file = fopen(path, "r"))) return 0;
    while (count < PORTS && fscanf(file, "%31s %d", lines[count].name, &lines[count].base) == 2) count++;
    fclose(file);
    return count;
}

static int there(Port *port) {
    Line lines[PORTS];
    DWORD now = GetTickCount();
    if (port->looked && now - port->looked < LOOKS_MS) return port->there;
    port->looked = now, port->there = 0;
    for (int i = list(lines); i-- > 0;) port->there |= !strcmp(lines[i].name, port->name);
    return port->there;
}

static SOCKET socket_for(void) {
    WSADATA data;
    WSAStartup(MAKEWORD(2, 2), &data);
    return socket(AF_INET, SOCK_DGRAM, 0);
}

static struct sockaddr_in seat(const Port *port, int number) {
    struct sockaddr_in at = {0};
    at.sin_family = AF_INET;
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    at.sin_port = htons((u_short)(port->base + number));
    return at;
}

static Port *opened(UINT device, DWORD_PTR call, DWORD_PTR user) {
    Line lines[PORTS];
    Port *port;
    if (device >= (UINT)list(lines) || !(port = calloc(1, sizeof *port))) return NULL;
    strcpy(port->name, lines[device].name);
    port->base = (u_short)lines[device].base;
    port->call = (Callback)call;
    port->user = user;
    port->socket = socket_for();
    InitializeCriticalSection(&port->lock);
    return port;
}

static void closed(Port *port) {
    closesocket(port->socket);
    DeleteCriticalSection(&port->lock);
    free(port);
}

/* What is longer than three bytes goes into the buffers that the program has laid out; a piece in each. */
static void hand_over(Port *port, const char *bytes, int count, DWORD at) {
    while (count > 0) {
        EnterCriticalSection(&port->lock);
        Header *header = port->first;
        if (header) port->first = header->next;
        LeaveCriticalSection(&port->lock);
        if (!header) { /* it lays one out again in its callback, which may be under way */
            if (port->over) return;
            Sleep(1);
            continue;
        }
        header->recorded = (DWORD)count < header->length ? (DWORD)count : header->length;
        memcpy(header->data, bytes, header->recorded);
        bytes += header->recorded;
        count -= (int)header->recorded;
        header->flags = (header->flags & ~IN_QUEUE) | DONE;
        port->call(port, LONG_DATA, port->user, (DWORD_PTR)header, at);
    }
}

static DWORD WINAPI listening(void *given) {
    Port *port = given;
    unsigned char *bytes = malloc(LONGEST);
    while (bytes && !port->over) {
        int count = recv(port->socket, (char *)bytes, LONGEST, 0);
        DWORD at = GetTickCount() - port->began;
        if (count <= 0 || !port->started) continue;
        if (count > 3 || bytes[0] == 0xF0)
            hand_over(port, (char *)bytes, count, at);
        else
            port->call(port, DATA, port->user,
                       (DWORD_PTR)(bytes[0] | (count > 1 ? bytes[1] << 8 : 0) | (count > 2 ? bytes[2] << 16 : 0)), at);
    }
    free(bytes);
    return 0;
}

static UINT told(Port *port, const char *bytes, int count) {
    if (!there(port)) return NO_DRIVER;
    for (int number = 0; number < SEATS; number++) {
        struct sockaddr_in to = seat(port, number);
        sendto(port->socket, bytes, count, 0, (struct sockaddr *)&to, sizeof to);
    }
    return NO_ERROR_HERE;
}

API UINT WINAPI midiInGetNumDevs(void) { Line lines[PORTS]; return (UINT)list(lines); }
API UINT WINAPI midiOutGetNumDevs(void) { Line lines[PORTS]; return (UINT)list(lines); }

API UINT WINAPI midiInGetDevCapsA(UINT_PTR device, InCaps *caps, UINT size) {
    Line lines[PORTS];
    if (device >= (UINT_PTR)list(lines) || size < sizeof *caps) return BAD_DEVICE;
    memset(caps, 0, sizeof *caps);
    strcpy(caps->name, lines[device].name);
    return NO_ERROR_HERE;
}

API UINT WINAPI midiOutGetDevCapsA(UINT_PTR device, OutCaps *caps, UINT size) {
    Line lines[PORTS];
    if (device >= (UINT_PTR)list(lines) || size < sizeof *caps) return BAD_DEVICE;
    memset(caps, 0, sizeof *caps);
    strcpy(caps->name, lines[device].name);
    caps->technology = 1; /* a port */
    caps->channels = 0xFFFF;
    return NO_ERROR_HERE;
}

API UINT WINAPI midiInOpen(Port **handle, UINT device, DWORD_PTR call, DWORD_PTR user, DWORD flags) {
    int size = BURST, number = 0;
    Port *port = opened(device, call, user);
    (void)flags;
    if (!port) return BAD_DEVICE;
    setsockopt(port->socket, SOL_SOCKET, SO_RCVBUF, (char *)&size, sizeof size);
    for (; number < SEATS; number++) {
        struct sockaddr_in at = seat(port, number);
        if (!bind(port->socket, (struct sockaddr *)&at, sizeof at)) break;
    }
    if (number == SEATS) { closed(port); return NOT_ALLOCATED; }
    port->thread = CreateThread(NULL, 0, listening, port, 0, NULL);
    *handle = port;
    return NO_ERROR_HERE;
}

API UINT WINAPI midiInStart(Port *port) {
    port->began = GetTickCount();
    port->started = 1;
    return NO_ERROR_HERE;
}

API UINT WINAPI midiInStop(Port *port) { port->started = 0; return NO_ERROR_HERE; }

API UINT WINAPI midiInReset(Port *port) {
    port->started = 0;
    for (;;) {
        EnterCriticalSection(&port->lock);
        Header *header = port->first;
        if (header) port->first = header->next;
        LeaveCriticalSection(&port->lock);
        if (!header) return NO_ERROR_HERE;
        header->recorded = 0;
        header->flags = (header->flags & ~IN_QUEUE) | DONE;
        port->call(port, LONG_DATA, port->user, (DWORD_PTR)header, 0);
    }
}

API UINT WINAPI midiInClose(Port *port) {
    struct sockaddr_in at;
    int size = sizeof at;
    SOCKET other = socket_for();
    port->over = 1;
    getsockname(port->socket, (struct sockaddr *)&at, &size);
    sendto(other, "", 1, 0, (struct sockaddr *)&at, sizeof at); /* so that it looks up */
    WaitForSingleObject(port->thread, 2000);
    CloseHandle(port->thread);
    closesocket(other);
    closed(port);
    return NO_ERROR_HERE;
}

API UINT WINAPI midiInPrepareHeader(Port *port, Header *header, UINT size) {
    (void)port, (void)size;
    header->flags |= PREPARED;
    return NO_ERROR_HERE;
}

API UINT WINAPI midiInUnprepareHeader(Port *port, Header *header, UINT size) {
    (void)port, (void)size;
    header->flags &= ~PREPARED;
    return NO_ERROR_HERE;
}

API UINT WINAPI midiInAddBuffer(Port *port, Header *header, UINT size) {
    Header **last = &port->first;
    (void)size;
    EnterCriticalSection(&port->lock);
    header->flags = (header->flags & ~DONE) | IN_QUEUE;
    header->next = NULL;
    while (*last) last = &(*last)->next;
    *last = header;
    LeaveCriticalSection(&port->lock);
    return NO_ERROR_HERE;
}

API UINT WINAPI midiOutOpen(Port **handle, UINT device, DWORD_PTR call, DWORD_PTR user, DWORD flags) {
    (void)flags;
    return (*handle = opened(device, call, user)) ? NO_ERROR_HERE : BAD_DEVICE;
}

API UINT WINAPI midiOutClose(Port *port) { closed(port); return NO_ERROR_HERE; }

API UINT WINAPI midiOutShortMsg(Port *port, DWORD message) {
    char bytes[3] = {(char)message, (char)(message >> 8), (char)(message >> 16)};
    int kind = (int)(message & 0xF0), status = (int)(message & 0xFF);
    int count = kind == 0xC0 || kind == 0xD0 || status == 0xF1 || status == 0xF3 ? 2 : 3;
    if (status >= 0xF4) count = 1;
    return told(port, bytes, count);
}

API UINT WINAPI midiOutLongMsg(Port *port, Header *header, UINT size) {
    (void)size;
    header->flags |= DONE;
    return told(port, header->data, (int)header->length);
}

API UINT WINAPI midiOutPrepareHeader(Port *port, Header *header, UINT size) {
    (void)port, (void)size;
    header->flags |= PREPARED;
    return NO_ERROR_HERE;
}

API UINT WINAPI midiOutUnprepareHeader(Port *port, Header *header, UINT size) {
    (void)port, (void)size;
    header->flags &= ~PREPARED;
    return NO_ERROR_HERE;
}

API UINT WINAPI midiOutReset(Port *port) { (void)port; return NO_ERROR_HERE; }
API UINT WINAPI timeBeginPeriod(UINT period) { (void)period; return NO_ERROR_HERE; }
API UINT WINAPI timeEndPeriod(UINT period) { (void)period; return NO_ERROR_HERE; }
API DWORD WINAPI timeGetTime(void) { return GetTickCount(); }
API BOOL WINAPI PlaySoundW(const WCHAR *name, HMODULE module, DWORD flags) { (void)name, (void)module, (void)flags; return FALSE; }

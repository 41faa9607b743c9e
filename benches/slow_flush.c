/* Makes every flush of a program take longer, as on a slower disk: 1 ms, or SLOW_FLUSH_US
 * microseconds. A model of a disk, and not one.
 *
 *     gcc -O2 -shared -fPIC -o /tmp/slow_flush.so benches/slow_flush.c -ldl
 *     LD_PRELOAD=/tmp/slow_flush.so cargo bench -p crm-benches --bench group_commit -- --dir /dev/shm
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>
#include <time.h>

static void wait_as_a_disk_does(void) {
    const char *given = getenv("SLOW_FLUSH_US");
    long micros = given ? atol(given) : 1000;
    struct timespec time = {micros / 1000000, micros % 1000000 * 1000};
    nanosleep(&time, NULL);
}

int fsync(int file) {
    int (*real)(int) = (int (*)(int))dlsym(RTLD_NEXT, "fsync");
    wait_as_a_disk_does();
    return real(file);
}

int fdatasync(int file) {
    int (*real)(int) = (int (*)(int))dlsym(RTLD_NEXT, "fdatasync");
    wait_as_a_disk_does();
    return real(file);
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Runs a command and writes what it took to a file, as JSON: wall, user and system seconds and
 * the peak memory of the largest process, of the whole tree of processes (those that its parent
 * left too). Use: bench-measure FILE COMMAND [ARGUMENT…]
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static double now_s(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static double seconds(struct timeval time)
{
	return (double)time.tv_sec + (double)time.tv_usec / 1e6;
}

/* Waits for everybody; the exit status of the command, as a shell gives it. */
static int wait_for_all(pid_t command)
{
	int result = 127;

	for (;;) {
		int status;
		pid_t ended = wait(&status);
		if (ended < 0 && errno == EINTR)
			continue;
		if (ended < 0)
			return result;
		if (ended == command)
			result = WIFEXITED(status) ? WEXITSTATUS(status)
						   : 128 + WTERMSIG(status);
	}
}

int main(int argc, char **argv)
{
	struct rusage usage;

	if (argc < 3) {
		fprintf(stderr, "use: bench-measure FILE COMMAND [ARGUMENT...]\n");
		return 2;
	}
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	double begun_s = now_s();
	pid_t command = fork();
	if (command < 0)
		return 1;
	if (command == 0) {
		execvp(argv[2], argv + 2);
		perror(argv[2]);
		_exit(127);
	}
	int result = wait_for_all(command);
	double wall_s = now_s() - begun_s;
	FILE *file = fopen(argv[1], "w");
	if (!file || getrusage(RUSAGE_CHILDREN, &usage) < 0) {
		perror(argv[1]);
		return 1;
	}
	fprintf(file,
		"{\"wall_s\":%.6f,\"user_s\":%.6f,\"system_s\":%.6f,\"peak_bytes\":%" PRId64
		"}\n",
		wall_s, seconds(usage.ru_utime), seconds(usage.ru_stime),
		(int64_t)usage.ru_maxrss * 1024);
	return fclose(file) == 0 ? result : 1;
}

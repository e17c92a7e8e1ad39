#!/usr/bin/env python3
"""whale-spark.py: whale-classify over many logs on a Spark cluster, one filter a partition.

Usage: whale-spark.py [options] PATH...

  --master URL       the cluster, and
  --conf KEY=VALUE   a setting of Spark; both as spark-submit takes them (under spark-submit itself, which also works, messages
                     come on stdout: spark-submit mixes them in)
  PATH               a log, a glob or a directory (read at any depth) on any file system that the workers see: a path or
                     file: URI that is mounted on every worker, or hdfs: and the like where `hadoop` is on the workers' PATH
  --records DIR      also keep the records: a new directory of part files, each the whole output of one filter, its summary
                     last; without it only summaries are made
  --partitions N     how many filters; else one for each 256 MB, and at least as many as Spark's default parallelism
  --filter COMMAND   the filter on the workers (whale-classify)
  --send             sends the driver's binary to the workers, where they are machines of the same kind
  --merge COMMAND    the filter on the driver, to add the summaries ($WHALE_CLASSIFY, or the same as on the workers)

Logs are *.jsonl, *.ndjson, *.log, *.json, plain or with .gz or .zst. Each file is kept whole; partitions are balanced by
size. stdout gets one merged summary, with as many runs as there were partitions, so that it goes on into a pipe. A task
that is tried again counts once: Spark commits the part files, or hands over the lines, of one attempt of each partition.
Where a resumed copy of a session lies in another partition, sums of sessions and failures are upper bounds.

Example: whale-spark.py --master spark://head:7077 --records /data/records '/data/logs/2026-*' | whale-status
Exit status: 0, or 2 where something failed. Messages are fixed sentences: nothing of a log is quoted.
"""

import argparse
import json
import os
import shlex
import shutil
import subprocess
import sys

ENDS = tuple(kind + packed for kind in (".jsonl", ".ndjson", ".log", ".json") for packed in ("", ".gz", ".zst"))
PARTITION_BYTES = 256 << 20
# What a compressed byte weighs.
PACKED_WEIGHT = 8
NO_FILTER = 127

# Runs on a worker, after the text of whale-unpack.sh: paths on stdin, one a line; the filter's output on stdout. A file that
# cannot be read fails the task, and so does a filter that is not there, with a status of its own.
WORKER = r"""
set -uo pipefail
filter=$1; shift
command -v "$filter" >/dev/null 2>&1 || exit 127
tr '\n' '\0' | { unpack || exit 3; } 2>/dev/null | "$filter" "$@" 2>/dev/null
"""


def fail(message):
    print(f"whale-spark: {message}", file=sys.stderr)
    sys.exit(2)


def read_options():
    parser = argparse.ArgumentParser(usage="whale-spark.py [options] PATH...", add_help=False)
    parser.add_argument("paths", nargs="*")
    parser.add_argument("--master")
    parser.add_argument("--conf", action="append", default=[])
    parser.add_argument("--records")
    parser.add_argument("--partitions", type=int)
    parser.add_argument("--filter", default="whale-classify")
    parser.add_argument("--send", action="store_true")
    parser.add_argument("--merge")
    parser.add_argument("--help", "-h", action="store_true")
    options = parser.parse_args()
    if options.help:
        print(__doc__.strip())
        sys.exit(0)
    if not options.paths:
        fail("give at least one path; see --help")
    if options.partitions is not None and options.partitions < 1:
        fail("--partitions is at least 1")
    if any("=" not in setting for setting in options.conf):
        fail("--conf needs KEY=VALUE")
    options.merge = options.merge or os.environ.get("WHALE_CLASSIFY") or options.filter
    return options


def find_logs(context, paths):
    """Every log under the paths and its size, in the order of names, through Hadoop's view of file systems."""
    jvm, configuration = context._jvm, context._jsc.hadoopConfiguration()
    found = {}
    for given in paths:
        pattern = jvm.org.apache.hadoop.fs.Path(given)
        files = pattern.getFileSystem(configuration)
        matches = files.globStatus(pattern)
        if not matches:
            fail("a path matches nothing")
        for match in matches:
            if match.isFile():
                found[match.getPath().toString()] = match.getLen()
                continue
            under = files.listFiles(match.getPath(), True)
            while under.hasNext():
                status = under.next()
                if status.getPath().getName().endswith(ENDS):
                    found[status.getPath().toString()] = status.getLen()
    logs = sorted(found.items())
    if any("\n" in name or "\r" in name for name, _ in logs):
        fail("the name of a log has a line break: rename it")
    return logs


def balance(logs, count):
    """The logs in `count` lists of about the same weight: the largest first, each to the lightest list."""
    weighed = [(size * (PACKED_WEIGHT if name.endswith((".gz", ".zst")) else 1) + 1, name) for name, size in logs]
    lists, loads = [[] for _ in range(count)], [0] * count
    for weight, name in sorted(weighed, key=lambda item: (-item[0], item[1])):
        lightest = loads.index(min(loads))
        lists[lightest].append(name)
        loads[lightest] += weight
    return [sorted(names) for names in lists if names]


def pipe(context, lists, command):
    """One filter for each list of paths."""
    # A worker's task starts without an environment: it gets a PATH and nothing of the driver's secrets.
    environment = {"PATH": os.environ.get("PATH", "/usr/local/bin:/usr/bin:/bin"), "LC_ALL": "C"}
    for key in ("JAVA_HOME", "HADOOP_HOME", "HADOOP_CONF_DIR"):
        if key in os.environ:
            environment[key] = os.environ[key]
    with open(os.path.join(os.path.dirname(os.path.realpath(__file__)), "whale-unpack.sh"), encoding="utf-8") as file:
        script = shlex.join(["bash", "-c", file.read() + WORKER, "whale-spark", *command])
    return context.parallelize(lists, len(lists)).flatMap(lambda names: names).pipe(script, environment, checkCode=True)


def merge(command, summaries):
    """The sum of the summaries, and how many runs it holds."""
    try:
        merged = subprocess.run(
            [command, "--merge"], input="".join(line + "\n" for line in summaries), stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL, encoding="utf-8", check=True,
        ).stdout
        return merged, json.loads(merged)["runs"]
    except FileNotFoundError:
        fail("the driver has no whale-classify to add the summaries: install it, or name it with --merge")
    except (subprocess.CalledProcessError, ValueError, KeyError, OSError):
        fail("the summaries could not be merged")


def is_summary(line):
    return line.startswith('{"type":"summary"')


def main():
    options = read_options()
    try:
        from pyspark import SparkConf, SparkContext, SparkFiles
        from py4j.protocol import Py4JError
    except ImportError:
        fail("pyspark was not found: install it, or run this with spark-submit")
    conf = SparkConf().setIfMissing("spark.app.name", "whale-spark").setIfMissing("spark.master", "local[*]")
    conf.setIfMissing("spark.ui.showConsoleProgress", str(sys.stderr.isatty()).lower())
    if options.master:
        conf.setMaster(options.master)
    for setting in options.conf:
        conf.set(*setting.split("=", 1))
    context = SparkContext(conf=conf)
    context.setLogLevel("OFF")
    try:
        if options.send:
            binary = shutil.which(options.merge)
            if not binary:
                fail("the driver has no whale-classify to send: install it, or name it with --merge")
            context.addFile(os.path.realpath(binary))
            # A worker's process runs in the directory that holds what was sent; on one machine alone, it is elsewhere.
            options.filter = SparkFiles.get(os.path.basename(os.path.realpath(binary)))
            if not conf.get("spark.master").startswith("local["):
                options.filter = "./" + os.path.basename(options.filter)
        logs = find_logs(context, options.paths)
        if not logs:
            fail("no log was found")
        weight = sum(size for _, size in logs)
        count = options.partitions or max(context.defaultParallelism, -(-weight // PARTITION_BYTES))
        lists = balance(logs, min(count, len(logs)))
        if options.records:
            lines = pipe(context, lists, [options.filter])
            lines.saveAsTextFile(options.records)
            summaries = context.textFile(options.records).filter(is_summary).collect()
        else:
            summaries = pipe(context, lists, [options.filter, "--summary"]).collect()
    except Py4JError as error:
        # Never printed: it can hold paths. Only the worker's own exit status is looked for.
        told = str(error)
        if f"error code {NO_FILTER}" in told:
            fail("a worker has no whale-classify: install it on every worker, or send it with --files and --filter")
        if "FileAlreadyExistsException" in told:
            fail("the directory for the records is there already: give a new one")
        fail("the job failed: a log could not be read, or a filter did not end well")
    finally:
        context.stop()
    merged, runs = merge(options.merge, summaries)
    if runs != len(lists):
        fail("not as many runs came back as were sent")
    sys.stdout.write(merged)
    sys.stdout.flush()


if __name__ == "__main__":
    main()

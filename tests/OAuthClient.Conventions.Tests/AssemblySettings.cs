// The checks only read the repository; packages are built from a copy.
[assembly: Parallelizable(ParallelScope.All)]

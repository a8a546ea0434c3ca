// Every check reads and none writes, except the two that say so themselves.
[assembly: Parallelizable(ParallelScope.All)]

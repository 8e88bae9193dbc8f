/** Memory of a Fargate task for each number of CPU units: from, to and step, in MB. From 0.25 cores on up to 16. */
const memoryOf: Readonly<Record<number, readonly [from: number, to: number, step: number]>> = {
  256: [512, 2048, 512],
  512: [1024, 4096, 1024],
  1024: [2048, 8192, 1024],
  2048: [4096, 16_384, 1024],
  4096: [8192, 30_720, 1024],
  8192: [16_384, 61_440, 4096],
  16384: [32_768, 122_880, 8192],
};

/** Whether Fargate has tasks of this size. Anything else is refused at registration, after everything else was made. */
export function isFargateSize(cpu: number, memoryMb: number): boolean {
  const range = memoryOf[cpu];
  if (range === undefined) return false;
  const [from, to, step] = range;
  // 256 CPU units have 512, 1024 and 2048 MB only.
  return memoryMb >= from && memoryMb <= to && (memoryMb - from) % step === 0 && !(cpu === 256 && memoryMb === 1536);
}

/** The sizes in words. */
export function fargateMemoryMb(cpu: number): string {
  const [from, to, step] = memoryOf[cpu] ?? [0, 0, 0];
  return `${from} to ${to} MB in steps of ${step}`;
}

/** Address ranges of one zone. */
export interface ZoneRanges {
  /** Load balancer and NAT. */
  readonly public: string;
  /** Tasks. */
  readonly private: string;
  /** Databases: no way out. */
  readonly data: string;
}

const toNumber = (address: string) => address.split(".").reduce((sum, part) => sum * 256 + Number(part), 0);
const toAddress = (value: number) => [24, 16, 8, 0].map((shift) => Math.floor(value / 2 ** shift) % 256).join(".");

/**
 * The ranges of up to three zones in a network of /16 to /20: a quarter each for tasks, and of the last quarter eighths
 * for what needs few addresses. A range never moves when a zone is added. Throws RangeError for another size, or an address that isn't
 * the first of its network.
 */
export function planSubnets(cidr: string, zones: number): readonly ZoneRanges[] {
  const [address = "", length = ""] = cidr.split("/");
  const size = Number(length);
  const base = toNumber(address);
  if (!(size >= 16 && size <= 20)) throw new RangeError(`${cidr} must have a size from /16 to /20.`);
  if (base % 2 ** (32 - size) !== 0)
    throw new RangeError(`${cidr} does not begin at the first address of its network.`);
  const quarter = 2 ** (30 - size);
  const eighth = quarter / 8;
  const range = (start: number, prefix: number) => `${toAddress(start)}/${prefix}`;
  return Array.from({ length: zones }, (_, zone) => ({
    private: range(base + zone * quarter, size + 2),
    public: range(base + 3 * quarter + zone * eighth, size + 5),
    data: range(base + 3 * quarter + (4 + zone) * eighth, size + 5),
  }));
}

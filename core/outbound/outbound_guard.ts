/**
 * Where the server may connect on a user's word: public addresses over https, and what OUTBOUND_ALLOW names.
 * It decides about addresses, not names, because a name can point anywhere; the caller must connect to the
 * very address that was approved.
 */
import { lookup } from "node:dns/promises";
import { BlockList, isIP } from "node:net";
import { UserError } from "../errors.ts";

/** Special-purpose IPv4 ranges (IANA registry), none of which is a public host. */
const SPECIAL_IPV4 = [
  "0.0.0.0/8",
  "10.0.0.0/8",
  "100.64.0.0/10",
  "127.0.0.0/8",
  "169.254.0.0/16",
  "172.16.0.0/12",
  "192.0.0.0/24",
  "192.0.2.0/24",
  "192.88.99.0/24",
  "192.168.0.0/16",
  "198.18.0.0/15",
  "198.51.100.0/24",
  "203.0.113.0/24",
  "224.0.0.0/3",
] as const;

/** Within 2000::/3, the only public part of IPv6: protocol assignments, documentation, 6to4. */
const SPECIAL_IPV6 = ["2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20"] as const;

interface Address {
  address: string;
  family: 4 | 6;
}

function blockList(ranges: readonly string[]): BlockList {
  const list = new BlockList();
  for (const range of ranges) {
    const [address, prefix] = range.split("/") as [string, string];
    list.addSubnet(address, Number(prefix), isIP(address) === 6 ? "ipv6" : "ipv4");
  }
  return list;
}

const specialIpv4 = blockList(SPECIAL_IPV4);
const specialIpv6 = blockList(SPECIAL_IPV6);
const globalIpv6 = blockList(["2000::/3"]);

/** The IPv4 address inside an IPv4-mapped IPv6 one (`::ffff:7f00:1`), which the system connects to. */
function unmapped(address: string): string {
  if (isIP(address) !== 6) return address;
  const canonical = new URL(`http://[${address.split("%")[0]}]/`).hostname.slice(1, -1);
  const mapped = /^::ffff:([0-9a-f]{1,4}):([0-9a-f]{1,4})$/.exec(canonical);
  if (!mapped) return canonical;
  const [high, low] = [parseInt(mapped[1]!, 16), parseInt(mapped[2]!, 16)];
  return [high >> 8, high & 255, low >> 8, low & 255].join(".");
}

/** Whether an address is a public host's. */
export function isPublicAddress(text: string): boolean {
  const address = unmapped(text);
  if (isIP(address) === 4) return !specialIpv4.check(address, "ipv4");
  return globalIpv6.check(address, "ipv6") && !specialIpv6.check(address, "ipv6");
}

/** The host of a URL as a name or address without brackets. */
function hostOf(url: URL): string {
  return url.hostname.replace(/^\[|\]$/g, "").replace(/\.$/, "").toLowerCase();
}

export class OutboundGuard {
  readonly #hosts = new Set<string>();
  readonly #ranges = new BlockList();
  #hasRanges = false;

  /**
   * @param allow Hosts, addresses and CIDRs, as OUTBOUND_ALLOW lists them.
   * @throws UserError for an entry that is none of these.
   */
  constructor(allow: readonly string[]) {
    for (const entry of allow) this.#allow(entry.trim().toLowerCase());
  }

  #allow(entry: string): void {
    const [address, prefix, ...rest] = entry.replace(/^\[|\]$/g, "").split("/") as [string, string?];
    const family = isIP(address);
    const bits = family === 6 ? 128 : 32;
    if (
      family !== 0 && rest.length === 0 &&
      (prefix === undefined || /^\d{1,3}$/.test(prefix) && +prefix <= bits)
    ) {
      this.#ranges.addSubnet(address, Number(prefix ?? bits), family === 6 ? "ipv6" : "ipv4");
      this.#hasRanges = true;
    } else if (
      prefix === undefined && /^[a-z0-9]([a-z0-9._-]*[a-z0-9])?$/.test(entry) && !/^[\d.]+$/.test(entry)
    ) {
      this.#hosts.add(entry);
    } else {
      throw new UserError(
        "invalid_request",
        `Expected OUTBOUND_ALLOW to list hosts, addresses or CIDRs, separated by commas, got '${entry}'`,
      );
    }
  }

  #isAllowed(host: string, address: string): boolean {
    if (this.#hosts.has(host)) return true;
    const plain = unmapped(address);
    return this.#ranges.check(plain, isIP(plain) === 6 ? "ipv6" : "ipv4");
  }

  #mayConnect(url: URL, address: string): boolean {
    return this.#isAllowed(hostOf(url), address) || (url.protocol === "https:" && isPublicAddress(address));
  }

  #refusal(url: URL): UserError {
    return new UserError(
      "invalid_request",
      `Cannot send to ${url.protocol}//${url.host}: only public https addresses are open, ` +
        `others must be named in the server's OUTBOUND_ALLOW`,
    );
  }

  /**
   * What can be said without asking the network; for a URL that a user has just given.
   *
   * @throws UserError when `text` can never be sent to.
   */
  precheck(text: string): void {
    const url = new URL(text);
    const host = hostOf(url);
    if (url.username !== "" || url.password !== "") {
      throw new UserError("invalid_request", "Expected a URL without a user name and a password");
    }
    if (this.#hosts.has(host)) return;
    const local = host === "localhost" || host.endsWith(".localhost");
    const known = isIP(host) ? [host] : local ? ["127.0.0.1", "::1"] : [];
    const open = known.length > 0
      ? known.some((address) => this.#mayConnect(url, address))
      : url.protocol === "https:" || this.#hasRanges;
    if (!open) throw this.#refusal(url);
  }

  /**
   * Resolves a URL's host to an address that may be connected to.
   *
   * @throws UserError when there is none.
   */
  async resolve(url: URL): Promise<Address> {
    const host = hostOf(url);
    const addresses = isIP(host)
      ? [{ address: host, family: isIP(host) }]
      : await lookup(host, { all: true, verbatim: true });
    const open = addresses.find(({ address }) => this.#mayConnect(url, address));
    if (!open) throw this.#refusal(url);
    return open as Address;
  }
}

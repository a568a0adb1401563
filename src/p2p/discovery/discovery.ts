import { Discv5 } from '@chainsafe/discv5';
import { type ENR, SignableENR } from '@chainsafe/enr';
import { toNodeError } from '../../errors/nodeError.js';
import type { Clock, Random } from '../../runtime/clock.js';
import type { Log } from '../../telemetry/logger.js';
import type { P2pOptions } from '../../types/p2pOptions.js';
import { limited } from '../host/limited.js';
import type { DiscoveryFault } from '../host/noPeers.js';
import { repeat } from '../host/repeat.js';
import type { P2pStore } from '../ports.js';
import { bootnodeRecord, resolveIp4 } from './bootnode.js';
import { DEFAULT_BOOTNODES } from './bootnodes.js';
import { type FoundPeer, foundPeer, type IsAllowed, netRestriction } from './foundPeer.js';
import { encodeOpstackEntry, OPSTACK_KEY } from './opstackEntry.js';

/** Between two walks and two rounds of dials, while there are too few peers and else. */
const HUNGRY_MS = 5_000;
const CONTENT_MS = 20_000;
const ROUND_LIMIT_MS = 30_000;
const DIAL_LIMIT_MS = 10_000;
const DIALS_AT_ONCE = 4;
const SAVE_MS = 60_000;
/** Key of a record in the discovery database, by node id. */
const RECORDS = '/records/';
/** More records of the last run than this are not read. */
const MAX_SAVED = 1_000;

export type DiscoveryOptions = Pick<
  P2pOptions,
  | 'listenIp'
  | 'listenUdp'
  | 'advertiseIp'
  | 'advertiseTcp'
  | 'advertiseUdp'
  | 'bootnodes'
  | 'netRestrict'
  | 'peersLow'
> & { readonly chainId: bigint };

export interface DiscoveryDeps {
  /** 32 bytes, the same key as libp2p's. */
  readonly privateKey: Uint8Array;
  /** Where libp2p listens, known once it does. */
  readonly listeningTcp: () => number;
  readonly connected: () => number;
  /** Keeps a found peer's addresses. */
  readonly keep: (found: FoundPeer) => Promise<void>;
  /** Known peers with addresses that are not connected. */
  readonly candidates: () => Promise<readonly string[]>;
  readonly dial: (peer: string, signal: AbortSignal) => Promise<unknown>;
  readonly store: P2pStore;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
}

/** The events of discv5, whose types this compiler cannot read. */
interface RecordEvents {
  on(event: 'discovered' | 'enrAdded', run: (record: ENR) => void): unknown;
}

/** Finds nodes of our chain by discv5, and dials peers while there are too few. op-node `op-node/p2p/discovery.go`. */
export class Discovery {
  private discv5: Discv5 | null = null;
  private readonly stopping = new AbortController();
  private running: Promise<unknown> = Promise.resolve();
  private readonly isAllowed: IsAllowed;
  private hasRefused = false;

  constructor(
    private readonly options: DiscoveryOptions,
    private readonly deps: DiscoveryDeps,
  ) {
    const isInside = netRestriction(options.netRestrict);
    this.isAllowed = (ip) => {
      const isAllowed = isInside(ip);
      this.hasRefused ||= !isAllowed;
      return isAllowed;
    };
  }

  /** All nodes of the table as text. */
  get table(): readonly string[] {
    return this.discv5?.kadValues().map((record) => record.encodeTxt()) ?? [];
  }

  /** Why nobody is found, for when that is so; null where it may be chance, or before the start. */
  get whyNobodyFound(): DiscoveryFault | null {
    if (this.hasRefused) return 'netrestrict';
    return this.discv5?.connectedPeerCount === 0 ? 'no_bootnode_answers' : null;
  }

  /** Our own record; empty before the start. */
  get ownRecord(): string {
    return this.discv5?.enr.encodeTxt() ?? '';
  }

  /** @throws Error when the UDP port cannot be bound, or our own name does not resolve. */
  async start(): Promise<void> {
    const { privateKey, clock, log } = this.deps;
    const tcp = this.deps.listeningTcp();
    const listenUdp = this.options.listenUdp || tcp;
    const bind = SignableENR.createV4(privateKey);
    const isIp6 = this.options.listenIp.includes(':');
    if (isIp6) Object.assign(bind, { ip6: this.options.listenIp, udp6: listenUdp });
    else Object.assign(bind, { ip: this.options.listenIp, udp: listenUdp });
    const address = bind.getLocationMultiaddr(isIp6 ? 'udp6' : 'udp4');
    if (address === undefined) throw new Error('no UDP address to listen on');
    this.discv5 = Discv5.create({
      enr: await this.makeRecord(tcp, listenUdp),
      privateKey: { type: 'secp256k1', raw: privateKey } as never,
      bindAddrs: isIp6 ? { ip6: address } : { ip4: address },
    });
    const discv5 = this.discv5;
    const events = discv5 as unknown as RecordEvents;
    events.on('discovered', (record) => void this.consider(record));
    events.on('enrAdded', (record) => void this.consider(record));
    await discv5.start();
    log.info('started discovery service', { enr: this.ownRecord, udp: listenUdp });
    const { signal } = this.stopping;
    const wait = (): number =>
      this.deps.connected() < this.options.peersLow ? HUNGRY_MS : CONTENT_MS;
    const upkeep = { clock, log, signal };
    this.running = Promise.all([
      this.firstRound(discv5),
      repeat('walk', wait, async () => void (await discv5.findRandomNode()), upkeep),
      repeat('dial', wait, () => this.connectRound(), upkeep),
      repeat('save', SAVE_MS, () => this.save(), upkeep),
    ]);
  }

  async stop(): Promise<void> {
    this.stopping.abort();
    if (this.discv5 !== null) {
      await this.save();
      await this.discv5.stop();
    }
    await this.running;
  }

  private async makeRecord(tcp: number, udp: number): Promise<SignableENR> {
    const { advertiseIp, advertiseTcp, advertiseUdp, chainId } = this.options;
    const record = SignableENR.createV4(this.deps.privateKey);
    if (advertiseIp !== '') {
      if (advertiseIp.includes(':')) record.ip6 = advertiseIp;
      else record.ip = await resolveIp4(advertiseIp);
    }
    record.tcp = advertiseTcp || tcp;
    record.udp = advertiseUdp || udp;
    record.set(OPSTACK_KEY, encodeOpstackEntry(chainId));
    return record;
  }

  /** At once: who has no peers must not wait for the first round. Never rejects. */
  private async firstRound(discv5: Discv5): Promise<void> {
    try {
      await this.findFirst(discv5);
      if (this.stopping.signal.aborted) return;
      await discv5.findRandomNode();
      await this.connectRound();
    } catch (thrown) {
      const { signal } = this.stopping;
      if (!signal.aborted)
        this.deps.log.warn('Discovery failed', { err: toNodeError(thrown).message });
    }
  }

  /** Nodes of the last run, then bootnodes: those that cannot be asked are a warning each. */
  private async findFirst(discv5: Discv5): Promise<void> {
    const { store, log } = this.deps;
    let saved = 0;
    for (const [, value] of store.entries(RECORDS)) {
      if (saved++ < MAX_SAVED) discv5.addEnr(Buffer.from(value).toString());
    }
    const { bootnodes } = this.options;
    if (bootnodes === null) log.info('Using default bootnodes, none provided.');
    await Promise.all(
      (bootnodes ?? DEFAULT_BOOTNODES).map(async (bootnode) => {
        try {
          const record = await bootnodeRecord(bootnode);
          if (!this.isAllowed(record.ip ?? record.ip6 ?? '')) return;
          const own = bootnode.startsWith('enr:')
            ? [record]
            : await discv5.sendFindNode(record, [0]);
          for (const found of own) discv5.addEnr(found);
        } catch (thrown) {
          if (this.stopping.signal.aborted) return;
          const err = thrown instanceof Error ? thrown.message : String(thrown);
          log.warn('Bootnode cannot be asked', { bootnode, err });
        }
      }),
    );
  }

  private async consider(record: ENR): Promise<void> {
    const { keep, log } = this.deps;
    try {
      const found = foundPeer(record, this.options.chainId, this.isAllowed);
      if (found !== null) await keep(found);
    } catch (thrown) {
      log.debug('A discovered record cannot be used', { err: toNodeError(thrown).message });
    }
  }

  /** Dials known peers in any order until there are enough, or the round's time is over. */
  private async connectRound(): Promise<void> {
    const { candidates, connected, dial, random, clock } = this.deps;
    const { signal } = this.stopping;
    const endMs = clock.monotonicMs() + ROUND_LIMIT_MS;
    const queue = shuffled(await candidates(), random);
    const work = async (): Promise<void> => {
      while (!signal.aborted && connected() < this.options.peersLow) {
        const limitMs = Math.min(DIAL_LIMIT_MS, endMs - clock.monotonicMs());
        const peer = queue.pop();
        if (peer === undefined || limitMs <= 0) return;
        await limited({ clock, signal, limitMs, doing: 'dialling' }, (inner) =>
          dial(peer, inner),
        ).catch(() => undefined);
      }
    };
    await Promise.all(Array.from({ length: DIALS_AT_ONCE }, work));
  }

  /** The table for the next run; what has left it goes. */
  private async save(): Promise<void> {
    const { store } = this.deps;
    const records = new Map(
      this.discv5?.kadValues().map((record) => [RECORDS + record.nodeId, record.encodeTxt()]),
    );
    for (const [key] of [...store.entries(RECORDS)]) {
      if (!records.has(key)) await store.delete(key);
    }
    for (const [key, text] of records) await store.put(key, Buffer.from(text));
  }
}

/** Fisher and Yates. */
function shuffled<T>(items: readonly T[], random: Random): T[] {
  const mixed = [...items];
  for (let last = mixed.length - 1; last > 0; last--) {
    const other = Math.floor(random() * (last + 1));
    [mixed[last], mixed[other]] = [mixed[other] as T, mixed[last] as T];
  }
  return mixed;
}

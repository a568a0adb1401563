import { randomBytes } from 'node:crypto';
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { derivedWorld } from '../../devnet/deriveRig.js';
import { bytesToHex } from '../../src/rollup/bytes.js';
import { parseRollupConfig } from '../../src/rollup/config.js';
import type { Hash } from '../../src/types/block.js';
import { DAY_L2_BLOCK_SEC, DayChain, l2Hash } from './dayChain.js';
import { DAY_L1_BLOCK_SEC } from './dayConfig.js';
import { DayEngine } from './dayEngine.js';
import type { TextMethods } from './textServer.js';
import { serveTexts } from './textServer.js';

/** What this program says in one line once everything is up. */
export interface DayReady {
  readonly l1: string;
  readonly engine: string;
  /** The last L2 block in the blobs. */
  readonly l2Head: number;
}

const L1_TRANSACTIONS = 150;
/** Safe and finalized L1 block behind the head. */
const BEHIND: Readonly<Record<string, number>> = { latest: 0, safe: 32, finalized: 64 };

/**
 * Makes the chain and serves L1, beacon node and execution client until it is ended. What a node needs of it as files is
 * written to a folder.
 */
async function main([folder = '', l1Blocks = '']: readonly string[]): Promise<void> {
  const world = derivedWorld('steady');
  const recorded = parseRollupConfig(readFileSync(world.path('rollup.json'), 'utf8'));
  const genesisSec = Math.floor(Date.now() / 1000) - Number(l1Blocks) * DAY_L1_BLOCK_SEC;
  const { l1ChainId, l2ChainId, batchInboxAddress } = recorded;
  const chain = await DayChain.make(
    { l1ChainId, l2ChainId, batchInboxAddress, genesisSec, l1Transactions: L1_TRANSACTIONS },
    Number(l1Blocks),
  );
  writeFileSync(
    join(folder, 'rollup.json'),
    JSON.stringify(dayRollup(world.rollup, chain, genesisSec)),
  );
  copyFileSync(world.path('l1-chain-config.json'), join(folder, 'l1-chain-config.json'));
  writeFileSync(join(folder, 'jwt'), randomBytes(32).toString('hex'));
  const engine = new DayEngine(chain, genesisSec);
  const ready: DayReady = {
    l1: await serveTexts({ methods: l1Methods(chain), get: beacon(chain, genesisSec) }),
    engine: await serveTexts({ methods: engine.methods }),
    l2Head: chain.l2Head,
  };
  console.log(JSON.stringify(ready));
}

function l1Methods(chain: DayChain): TextMethods {
  const block = (number: number | undefined, isFull: unknown): string =>
    chain.l1[number ?? -1]?.json(isFull === true) ?? 'null';
  return (method, [query, isFull]) => {
    switch (method) {
      case 'eth_chainId':
        return JSON.stringify(`0x${chain.config.l1ChainId.toString(16)}`);
      case 'eth_getBlockByNumber': {
        const behind = BEHIND[String(query)];
        const number = behind === undefined ? Number(query) : Math.max(0, chain.l1Head - behind);
        return block(number, isFull);
      }
      case 'eth_getBlockByHash':
        return block(chain.heightOf(String(query)), isFull);
      case 'eth_getBlockReceipts':
        return chain.l1[chain.heightOf(String(query)) ?? -1]?.receipts() ?? 'null';
      case 'eth_getStorageAt':
        return JSON.stringify(`0x${'0'.repeat(64)}`);
      default:
        return undefined;
    }
  };
}

/** All blobs of a slot, whichever are asked for: texts of each number of blobs are kept. */
function beacon(chain: DayChain, genesisSec: number): (url: URL) => string | undefined {
  const texts = new Map<readonly Uint8Array[], string>();
  return ({ pathname }) => {
    const slot = /^\/eth\/v1\/beacon\/blobs\/(\d{1,9})$/.exec(pathname)?.[1];
    if (slot !== undefined) {
      const blobs = chain.blobsAt(Number(slot));
      const text = texts.get(blobs) ?? JSON.stringify({ data: blobs.map(bytesToHex) });
      texts.set(blobs, text);
      return text;
    }
    switch (pathname) {
      case '/eth/v1/beacon/genesis':
        return JSON.stringify({ data: { genesis_time: String(genesisSec) } });
      case '/eth/v1/config/spec':
        return JSON.stringify({ data: { SECONDS_PER_SLOT: String(DAY_L1_BLOCK_SEC) } });
      case '/eth/v1/node/version':
        return JSON.stringify({ data: { version: 'synthetic-day/1' } });
      default:
        return undefined;
    }
  };
}

/** The recorded chain's, with all its forks active from the beginning. */
function dayRollup(recorded: object, chain: DayChain, genesisSec: number): object {
  const hashOf = (number: number): Hash => chain.l1[number]?.hash ?? '0x';
  const times = Object.keys(recorded).filter(
    (key) => key.endsWith('_time') && key !== 'block_time',
  );
  const { genesis } = recorded as { readonly genesis: object };
  return {
    ...recorded,
    ...Object.fromEntries(times.map((key) => [key, 0])),
    genesis: {
      ...genesis,
      ...{ l1: { hash: hashOf(0), number: 0 }, l2: { hash: l2Hash(0), number: 0 } },
      l2_time: genesisSec,
    },
    ...{ block_time: DAY_L2_BLOCK_SEC, seq_window_size: 3_600, channel_timeout: 300 },
  };
}

await main(process.argv.slice(2));

import type { Used } from './lightMeter.js';
import { measureRest } from './lightRest.js';
import { lightTargets, profiled } from './lightTargets.js';
import { benchOptions } from './options.js';

const OPTIONS = {
  seconds: { default: 30, about: 'how long each role is watched', min: 5 },
  settle: { default: 20, about: 'seconds from a start until it is watched' },
  roles: { default: 'verifier,follower', about: 'what is measured' },
  'cpu-prof': { default: '', about: 'a folder for CPU profiles of the Node.js processes' },
};

export async function runLightBench(argv: readonly string[]): Promise<void> {
  const options = benchOptions('light', OPTIONS, argv);
  const targets = lightTargets(process.env).map((t) => profiled(t, options['cpu-prof']));
  for (const role of options.roles.split(',') as ('verifier' | 'follower')[]) {
    for (const hasPeers of [false, true]) {
      const used = await measureRest(targets, {
        role,
        hasPeers,
        settleSec: options.settle,
        seconds: options.seconds,
      });
      for (const [name, u] of used) print(`${role}${hasPeers ? ' p2p' : ''}`, name, u);
    }
  }
}

function print(role: string, name: string, u: Used): void {
  const mib = (v: number) => v.toFixed(0);
  console.log(
    `| ${role} | ${name} | ${u.cpuMsPerSec.toFixed(1)} ms/s | total ${mib(u.memory.total)} files ${mib(u.memory.files)} own ${mib(u.memory.own)} | ${u.heap ? `heap ${u.heap.used.toFixed(1)}/${u.heap.total.toFixed(1)} ext ${u.heap.external.toFixed(1)}` : ''} |`,
  );
}

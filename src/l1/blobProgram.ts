/**
 * The program of the process that computes commitments, run from this text: it needs no file of its own beside the
 * sources. Its arguments are the paths of two libraries and how many blobs it may work on at once; its first message has
 * the points of `lagrangePoints.ts`, each other one a blob.
 *
 * The first library reads the trusted setup, over a second of native computing that nothing can interrupt but the end of
 * the process; that is why it is a process and no worker thread, which would hold up the end of the node. It works on
 * polynomials by their coefficients, so a blob takes it the same time however little is in it. A chain with little traffic
 * posts blobs that are nearly empty: the commitment of one is the sum of few points of the trusted setup, each times a
 * field element, for which the second library needs no setup, and a fraction of the time. What that one does not take,
 * field elements out of range or a blob without any, is the first one's to judge.
 *
 * A signal from the terminal is for the node, which ends it. V8 sees no reason to collect the blobs, which are outside of
 * its heap, until there are a hundred: it is told to after every eighth, which takes it a millisecond.
 */
export const BLOB_PROGRAM = `
process.on('SIGINT', () => undefined);
process.on('SIGTERM', () => undefined);
process.on('disconnect', () => process.exit());
const [, setupLibrary, curveLibrary, parallel] = process.argv;
const POINT_BYTES = 48;
const FIELD_BYTES = 32;
const NOTHING = Buffer.alloc(131072);

let encodedPoints;
let loading = null;
const points = new Map();
const loadCurve = async () => {
  const curve = require(curveLibrary);
  await curve.init(curve.BLS12_381);
  curve.setETHserialization(true);
  return curve;
};
const pointAt = ({ G1 }, index) => {
  let point = points.get(index);
  if (point === undefined) {
    point = new G1();
    point.deserialize(encodedPoints.subarray(index * POINT_BYTES, (index + 1) * POINT_BYTES));
    points.set(index, point);
  }
  return point;
};
const sumOfFew = async (blob) => {
  const few = encodedPoints.length / POINT_BYTES;
  const rest = blob.subarray(few * FIELD_BYTES);
  if (!NOTHING.subarray(0, rest.length).equals(rest)) return null;
  loading ??= loadCurve();
  const curve = await loading;
  const [bases, factors] = [[], []];
  for (let index = 0; index < few; index++) {
    const element = blob.subarray(index * FIELD_BYTES, (index + 1) * FIELD_BYTES);
    if (NOTHING.subarray(0, FIELD_BYTES).equals(element)) continue;
    const factor = new curve.Fr();
    factor.deserialize(element);
    bases.push(pointAt(curve, index));
    factors.push(factor);
  }
  return curve.mulVec(bases, factors).serialize();
};

let context = null;
const commitmentOf = async (blob) => {
  const commitment = await sumOfFew(blob).catch(() => null);
  if (commitment !== null) return commitment;
  context ??= require(setupLibrary).DasContextJs.create({ usePrecomp: false });
  return context.asyncBlobToKzgCommitment(blob);
};

const waiting = [];
let running = 0;
let computed = 0;
const work = () => {
  while (running < Number(parallel) && waiting.length > 0) {
    const { id, blob } = waiting.shift();
    running++;
    const done = (commitment) => {
      running--;
      if (++computed % 8 === 0) gc({ type: 'minor' });
      process.send({ id, commitment }, () => undefined);
      work();
    };
    commitmentOf(blob).then(done, () => done(null));
  }
};
process.once('message', ({ points }) => {
  encodedPoints = points;
  process.on('message', (task) => {
    waiting.push(task);
    work();
  });
});
`;

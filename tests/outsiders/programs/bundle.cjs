// Verify Sigstore bundles with npm @sigstore/verify. In: {root, key, hint, cases: {name: bundle}},
// out: {name: null or why it was refused}.
const { bundleFromJSON } = require("@sigstore/bundle");
const { TrustedRoot } = require("@sigstore/protobuf-specs");
const { Verifier, toSignedEntity, toTrustMaterial } = require("@sigstore/verify");

const asked = JSON.parse(require("node:fs").readFileSync(0, "utf8"));
const keys = { [asked.hint]: { rawBytes: Buffer.from(asked.key, "base64") } };
const trust = toTrustMaterial(TrustedRoot.fromJSON(asked.root), keys);
const verifier = new Verifier(trust, { tlogThreshold: 1, timestampThreshold: 1 });

const verdicts = {};
for (const [name, text] of Object.entries(asked.cases)) {
  try {
    verifier.verify(toSignedEntity(bundleFromJSON(JSON.parse(text))));
    verdicts[name] = null;
  } catch (error) {
    verdicts[name] = String(error.message || error);
  }
}
process.stdout.write(JSON.stringify(verdicts));

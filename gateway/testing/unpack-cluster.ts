/** For tests in `src`, which know nothing of infra. */
export { unpackCluster } from "../../infra/testing/unpack-cluster.ts";

import { send } from "../testing/raw-http.ts";
import { newEnvironment } from "../testing/sdk.ts";

/** The facts of a large environment: as many of each as `count`. */
export interface Seeded {
  readonly secret: string;
  readonly count: number;
}

const environment = "large";
/** Permit's limits of one bulk call. */
const limits = { users: 3000, instances: 3000, assignments: 2000, tuples: 1000 };

/**
 * Makes an environment with `count` users, instances, role assignments and relationship tuples: documents in folders, a
 * role of each user on one document or folder, derived from folder to document.
 */
export async function seed(url: string, orgKey: string, count: number): Promise<Seeded> {
  const { permit, secret } = await newEnvironment(url, orgKey, environment);
  const { api } = permit;
  await api.resources.create({
    key: "folder",
    name: "Folder",
    actions: { read: {} },
    roles: { viewer: { name: "Viewer", permissions: ["read"] } },
  });
  await api.resources.create({
    key: "doc",
    name: "Document",
    actions: { read: {}, edit: {} },
    relations: { parent: "folder" },
    roles: {
      editor: { name: "Editor", permissions: ["read", "edit"] },
      viewer: {
        name: "Viewer",
        permissions: ["read"],
        granted_to: { users_with_role: [{ role: "viewer", on_resource: "folder", linked_by_relation: "parent" }] },
      },
    },
  });
  const folders = Math.ceil(count / 50);
  const bulk = async (method: string, path: string, limit: number, item: (i: number) => object, wrapped: boolean) => {
    for (let from = 0; from < count; from += limit) {
      const items = Array.from({ length: Math.min(limit, count - from) }, (_, i) => item(from + i));
      const body = wrapped ? { operations: items } : items;
      const { status, body: answer } = await send(url, secret, method, `/v2/facts/default/${environment}${path}`, body);
      if (status !== 200) throw new Error(`${method} ${path}: ${status} ${JSON.stringify(answer)}`);
    }
  };
  const tenant = "default";
  const email = (i: number) => `user-${i}@example.com`;
  await bulk("POST", "/bulk/users", limits.users, (i) => ({ key: `user-${i}`, email: email(i) }), true);
  const instance = (i: number) =>
    i < folders ? { resource: "folder", key: `folder-${i}`, tenant } : { resource: "doc", key: `doc-${i}`, tenant };
  await bulk("PUT", "/bulk/resource_instances", limits.instances, instance, true);
  const assignment = (i: number) => ({
    user: `user-${i}`,
    role: i < folders ? "viewer" : "editor",
    resource_instance: i < folders ? `folder:folder-${i}` : `doc:doc-${i}`,
    tenant,
  });
  await bulk("POST", "/role_assignments/bulk", limits.assignments, assignment, false);
  // Twice as many folders as a document needs, so that there are as many tuples as documents and folders together.
  const tuple = (i: number) => {
    const doc = folders + (i % (count - folders));
    const folder = (i + Math.floor(i / (count - folders))) % folders;
    return { subject: `folder:folder-${folder}`, relation: "parent", object: `doc:doc-${doc}` };
  };
  await bulk("POST", "/relationship_tuples/bulk", limits.tuples, tuple, true);
  return { secret, count };
}

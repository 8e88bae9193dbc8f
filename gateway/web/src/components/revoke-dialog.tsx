import type { GrantView } from "../../../src/consent/contract.ts";
import { revokeGrant } from "../api.ts";
import { clientNameOf } from "../plain-text.ts";
import { ConfirmDialog } from "./confirm-dialog.tsx";

interface RevokeDialogProps {
  readonly grant: GrantView;
  readonly onClose: () => void;
  readonly onRevoked: () => void;
}

/** Ends an agent's access to a server. */
export function RevokeDialog({ grant, onClose, onRevoked }: RevokeDialogProps) {
  return (
    <ConfirmDialog
      title={
        <>
          Revoke <bdi>{clientNameOf(grant.client)}</bdi> on {grant.server.name}?
        </>
      }
      confirm={{ label: "Revoke", busy: "Revoking…", danger: true }}
      keep="Keep"
      onConfirm={() => revokeGrant(grant.id)}
      onDone={onRevoked}
      onClose={onClose}
    >
      <p>Its next call is refused. It can ask again, and you decide again.</p>
    </ConfirmDialog>
  );
}

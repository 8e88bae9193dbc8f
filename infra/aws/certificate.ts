import * as acm from "@pulumi/aws/acm/index.js";
import * as route53 from "@pulumi/aws/route53/index.js";
import * as pulumi from "@pulumi/pulumi";

export interface CertificateArgs {
  readonly domain: string;
  /** Zone of the domain, in which the proof of ownership is written. */
  readonly zoneId: pulumi.Input<string>;
}

/** A certificate for one name, which AWS renews by itself while the proof stays in DNS. */
export class Certificate extends pulumi.ComponentResource {
  /** Known once the certificate is issued. */
  readonly arn: pulumi.Output<string>;

  constructor(name: string, args: CertificateArgs, options?: pulumi.ComponentResourceOptions) {
    super("permit-mcp-gateway:aws:Certificate", name, {}, options);
    const certificate = new acm.Certificate(
      name,
      { domainName: args.domain, validationMethod: "DNS", keyAlgorithm: "EC_prime256v1" },
      { parent: this },
    );
    const proof = certificate.domainValidationOptions.apply(([option]) => {
      if (option === undefined) throw new pulumi.RunError(`ACM says no way to validate ${args.domain}.`);
      return option;
    });
    const record = new route53.Record(
      name,
      {
        zoneId: args.zoneId,
        name: proof.resourceRecordName,
        type: proof.resourceRecordType,
        records: [proof.resourceRecordValue],
        ttl: 300,
        // The same name asks for the same proof, also for another stack or after this one is gone.
        allowOverwrite: true,
      },
      { parent: this },
    );
    const validated = new acm.CertificateValidation(
      name,
      { certificateArn: certificate.arn, validationRecordFqdns: [record.fqdn] },
      { parent: this },
    );
    this.arn = validated.certificateArn;
    this.registerOutputs({ arn: this.arn });
  }
}

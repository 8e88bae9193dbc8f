import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const programs = ["/usr/sbin/nginx", "/usr/bin/nginx", "/usr/local/sbin/nginx"];

/** Where nginx is on this machine; undefined when it is not installed. */
export function findNginx(): string | undefined {
  return programs.find((program) => existsSync(program));
}

/** Writes the configuration of a plain reverse proxy with one worker into the folder, and returns its path. */
export function writeNginxConfig(folder: string, port: number, upstream: URL): string {
  const path = join(folder, "nginx.conf");
  const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map(
    (what) => `  ${what}_temp_path ${join(folder, `nginx-${what}`)};`,
  );
  const config = `
daemon off;
worker_processes 1;
user root;
pid ${join(folder, "nginx.pid")};
error_log stderr error;
events { worker_connections 8192; }
http {
  access_log off;
${temporary.join("\n")}
  keepalive_requests 100000000;
  client_max_body_size 1m;
  upstream mcp {
    server ${upstream.host};
    keepalive 256;
    keepalive_requests 100000000;
  }
  server {
    listen 127.0.0.1:${port};
    location / {
      proxy_pass http://mcp;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      # Event streams must not be held back.
      proxy_buffering off;
      proxy_read_timeout 1h;
    }
  }
}
`;
  writeFileSync(path, config);
  return path;
}

"""A throw-away certificate authority and server certificates, by the openssl program alone."""

import subprocess


def _openssl(*arguments):
    subprocess.run(["openssl", *arguments], check=True, capture_output=True)


class Authority:
    def __init__(self, folder, name="test authority"):
        self.folder = folder
        self.folder.mkdir(parents=True, exist_ok=True)
        self.key, self.certificate = folder / "ca.key", folder / "ca.pem"
        self._count = 0
        _openssl(
            "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
            "-subj", f"/CN={name}", "-keyout", str(self.key), "-out", str(self.certificate),
            "-addext", "basicConstraints=critical,CA:TRUE", "-addext", "keyUsage=critical,keyCertSign,cRLSign",
        )

    def issue(self, name, names=("DNS:localhost", "IP:127.0.0.1"), purpose="serverAuth", kind="ec", days=2):
        """(certificate, key) files, the certificate signed by this authority."""
        self._count += 1
        key, request, certificate, extensions = (
            self.folder / f"{name}.{end}" for end in ("key", "csr", "pem", "ext")
        )
        how = ["ec", "-pkeyopt", "ec_paramgen_curve:P-256"] if kind == "ec" else ["rsa:2048"]
        _openssl("req", "-newkey", *how, "-nodes", "-subj", f"/CN={name}", "-keyout", str(key), "-out", str(request))
        extensions.write_text(
            "basicConstraints=critical,CA:FALSE\nkeyUsage=critical,digitalSignature\n"
            f"extendedKeyUsage={purpose}\nsubjectAltName={','.join(names)}\n"
        )
        _openssl(
            "x509", "-req", "-in", str(request), "-CA", str(self.certificate), "-CAkey", str(self.key),
            "-set_serial", str(1000 + self._count), "-days", str(days), "-extfile", str(extensions),
            "-out", str(certificate),
        )
        return certificate, key

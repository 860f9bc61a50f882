"""The local app: the commands of haihe behind a page on this machine's own address."""

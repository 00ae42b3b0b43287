FROM busybox:1
RUN printf 'webdev:x:5001:5001::/home/webdev:/bin/sh\ndev:x:5002:5003::/home/own:/bin/sh\n' >>/etc/passwd \
    && mkdir -p /home/webdev /home/own && chown 5001 /home/webdev && chown 5002 /home/own
ENV HOME=/root

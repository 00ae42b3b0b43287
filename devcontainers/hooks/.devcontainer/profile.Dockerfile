FROM mcr.microsoft.com/devcontainers/base:trixie
COPY --chown=vscode .profile .bashrc /home/vscode/

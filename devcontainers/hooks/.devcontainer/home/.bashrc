case $- in *i*) ;; *) return ;; esac
export FROM_BASHRC=b

;; One session in Emacs with eglot: emacs --batch -l emacs.el
;; Opens a broken file, waits for the diagnostic, applies its fix, waits until it is gone; prints what it saw.

(require 'package)
(package-initialize)
(require 'eglot)
(require 'flymake)

(define-derived-mode prototxt-mode prog-mode "Prototxt")

(defun seen (rule)
  "The diagnostic of RULE in this buffer."
  (seq-find (lambda (each) (string-match-p (regexp-quote rule) (flymake-diagnostic-text each))) (flymake-diagnostics)))

(defun until (look)
  "What LOOK gives as soon as that is anything; nil after 30 seconds."
  (let ((end (+ (float-time) 30)) (found nil))
    (while (and (not (setq found (funcall look))) (< (float-time) end))
      (accept-process-output nil 0.05)
      (flymake-start))
    found))

(let* ((words (getenv "NETLINT_WORDS"))
       (title (getenv "NETLINT_TITLE"))
       (eglot-server-programs `((prototxt-mode . ,(append (json-parse-string (getenv "NETLINT_COMMAND") :array-type 'list) nil))))
       (eglot-sync-connect 30)
       (eglot-confirm-server-initiated-edits nil)
       (eglot-autoshutdown t))
  (find-file (getenv "NETLINT_FILE"))
  (prototxt-mode)
  (apply #'eglot (eglot--guess-contact))
  (let ((found (until (lambda () (seen words)))))
    (unless found
      (princ "no diagnostic\n")
      (kill-emacs 1))
    (princ (format "found %d %s\n" (line-number-at-pos (flymake-diagnostic-beg found)) (flymake-diagnostic-type found)))
    (goto-char (flymake-diagnostic-beg found)))
  (let* ((actions (eglot-code-actions (point) (point)))
         (action (seq-find (lambda (each) (equal (plist-get each :title) title)) actions)))
    (eglot--apply-workspace-edit (plist-get action :edit))
    (princ (format "applied %s\n" (plist-get action :title))))
  (princ (format "line %s\n" (buffer-substring-no-properties (line-beginning-position) (line-end-position))))
  (princ (if (until (lambda () (not (seen words)))) "gone\n" "still there\n"))
  (set-buffer-modified-p nil)
  (eglot-shutdown (eglot-current-server)))
